"""Who the city talks with: citizens, associations, enterprises; how they are known and reached, and who said so when.

Owns customers and the facts about them, what links customers into one file, suggestions of the same customer, look-ups
in registers, who acts for whom. Nothing is overwritten: a fact that no longer holds is ended and stays. National
numbers and birth dates are encrypted; views mask them, `reveal` shows them and says why in the audit log. Emits
CustomersMerged, CustomersSplit, StatusSharingChanged.
"""

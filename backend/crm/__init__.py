"""Who the city talks with: citizens, associations, enterprises; how they are known and reached, and who said so when.

Owns customers and the facts about them (identifiers, names, addresses, contact points). Nothing is overwritten: a fact
that no longer holds is ended and stays. National numbers and birth dates are encrypted; views mask them, `reveal` shows
them and says why in the audit log. Emits no events.
"""

"""Who works here: users, departments (a tree), memberships and roles; who a token is; what each role may do.

Owns the reviewed policy table (`rules.py`). Emits no events; changes are told to every process as topic `identity`.
"""

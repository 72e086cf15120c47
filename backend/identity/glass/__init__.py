"""Breaking the glass: who did, why, what that opened until when; told to every auditor."""

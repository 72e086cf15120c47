"""Look-ups in the authentic registers: what they say, how it differs from what we hold, what people take over.

A look-up is recorded before the register is asked, with the reference the register knows it by; no transaction waits
for the register. What a register says becomes a fact only when a person accepts it, with the register as its source;
until then it is kept encrypted. A register that is away never stops anything but the look-up itself.
"""

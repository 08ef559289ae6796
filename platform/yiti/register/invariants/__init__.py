"""What the database itself refuses, whoever writes: the last line of defence behind the rules.

Every trigger locks the unit first, so that two transactions on one unit follow each other, and each sees what
the other has booked. Refusals carry a constraint name, by which `refusals.py` finds words for people.
"""

from yiti.register.invariants.entries import ENTRY_DDL
from yiti.register.invariants.holders import HOLDER_DDL
from yiti.register.invariants.terms import TERM_DDL
from yiti.register.invariants.units import LINK_DDL, UNIT_DDL

__all__ = ["ENTRY_DDL", "HOLDER_DDL", "LINK_DDL", "TERM_DDL", "UNIT_DDL"]

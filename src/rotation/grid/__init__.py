"""What a sweep goes through: a strategy for every combination of values, numbered and not made.

Each distinct part is made once, and only if some strategy has it; which parts a strategy has
follows from its place among the combinations by arithmetic.
"""

from rotation.grid.choosing import LatinHypercube, Where
from rotation.grid.keys import strategy_key
from rotation.grid.numbered import Grid

__all__ = ["Grid", "LatinHypercube", "Where", "strategy_key"]

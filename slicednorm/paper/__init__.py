"""What a paper says of results: tables, the sentence that goes with them, and what to cite.

>>> import numpy as np
>>> from slicednorm import paper, stats
>>> x = np.random.default_rng(7).standard_normal((150, 4))
>>> results = stats.sliced_tests(x, ("cvm", "ad"), null="composite", n_slices=64, rng=0)
>>> print(paper.table(results, style="markdown").splitlines()[2])
| Test | *n* | *D* | Statistic | *p* | *p* (Holm) |
"""

from slicednorm.paper._citation import citation
from slicednorm.paper._sentence import sentence
from slicednorm.paper._table import table

__all__ = ["citation", "sentence", "table"]

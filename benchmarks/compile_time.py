"""Seconds from the network of a task, which an argument names, to its step as a program; prints JSON."""

import json
import sys
import time

from tasks import task
from tiza.training.trainer import Data
from with_tiza import WithTiza

of = task(sys.argv[1] if len(sys.argv) > 1 else "A")
contestant = WithTiza(of)
data = Data((contestant.data.x,), (contestant.targets,))
start = time.perf_counter()
contestant.model.trainer.program(data.batch(of.batch), of.batch)
print(json.dumps({"seconds": time.perf_counter() - start}))

"""From nothing to 99 % of MNIST's test digits in Tiza, by task C's network; prints epochs and accuracy."""

from dataclasses import replace

import numpy as np

import tiza as tz
from tasks import samples, task
from with_tiza import make_model

EPOCHS, RATE = 5, 0.006

of = replace(task("C"), rows=0)
digits = samples(of)
model = make_model(of)
steps = EPOCHS * -(-len(digits.x) // of.batch)
falling = tz.optimizers.schedules.CosineDecay(RATE, steps)
model.compile(tz.optimizers.Adam(falling), "sparse_categorical_crossentropy")
epochs, accuracy = 0, 0.0
while accuracy < 0.99 and epochs < EPOCHS:
    model.fit(digits.x, digits.y, batch_size=of.batch, verbose=0)
    accuracy = float(np.mean(model.predict(digits.test_x).argmax(axis=1) == digits.test_y))
    epochs += 1
print(f"{epochs} epochs, {100 * accuracy:.2f} %")

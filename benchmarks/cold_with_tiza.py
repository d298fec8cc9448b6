"""From nothing to 97 % of MNIST's test digits in Tiza; prints epochs and accuracy."""

import numpy as np

import tiza as tz

(x, y), (test_x, test_y) = tz.datasets.mnist.load_data()
model = tz.Sequential(
    [
        tz.Input((28, 28)),
        tz.layers.Flatten(),
        tz.layers.Rescaling(1 / 255),
        tz.layers.Dense(128, "relu"),
        tz.layers.Dense(10, "softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy")
epochs, accuracy = 0, 0.0
while accuracy < 0.97:
    model.fit(x, y, batch_size=128, verbose=0)
    accuracy = float(np.mean(model.predict(test_x).argmax(axis=1) == test_y))
    epochs += 1
print(f"{epochs} epochs, {100 * accuracy:.2f} %")

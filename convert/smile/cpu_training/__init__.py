"""Training on processor cores: PyTorch does the steps, Keras' network is what comes out.

Where there is no GPU, PyTorch with channels-last memory is more than twice as fast as TensorFlow
on the same cores (96 px, two cores: 118 faces/s against 50). `train --engine torch`
starts one process a core, each with its share of every batch; the weights go in and out as those
of the Keras network, so that everything after training is the same.
"""

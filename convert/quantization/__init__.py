"""From a trained network to a full-integer `.tflite` file that is as good.

`folded_network` is the network without batch norm; `source` and its neighbours read one from
Keras or PyTorch; `reconstruction` corrects it for the errors of 8 bits; `float_graph` writes it
as a float `.tflite`; `integer_model` turns that and the chosen ranges into the integer file.
"""

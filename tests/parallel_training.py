"""pretrain without dropout, for several processes: one process or two then compute the same numbers."""

import sys

from torch import nn

from model_server.training import pretrain

new_model = pretrain.new_model


def steady_model(*arguments):
    model = new_model(*arguments)
    for part in model.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    return model


if __name__ == "__main__":
    pretrain.new_model = steady_model
    pretrain.main(sys.argv[1:])

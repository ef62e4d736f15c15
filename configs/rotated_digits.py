"""P4CNN on the rotated digits of scikit-learn: no download, minutes on two cores."""

from equilab.data import RotatedDigits
from equilab.models import P4CNN
from equilab.objectives import Classification
from equilab.optimizers import Adam
from equilab.runs import Logging, Run, TestError

run = Run(
    data=RotatedDigits(),
    model=P4CNN(),
    objective=Classification(),
    optimizer=Adam(learning_rate=1e-3),
    steps=500,
    evaluations=(TestError(),),
    log=Logging(every=50),
)

"""A FactorVAE on dSprites in minutes on two cores: a shorter run at a higher learning rate than the published one."""

from equilab.data import DSprites
from equilab.models import ConvVAE
from equilab.objectives import FactorVAE
from equilab.optimizers import Adam
from equilab.runs import Disentanglement, HeldOutLoss, Logging, Run, Traversals

run = Run(
    data=DSprites(),
    model=ConvVAE("burgess", latent_dim=10),
    objective=FactorVAE(gamma=10.0),
    optimizer=Adam(learning_rate=5e-4),
    steps=1_200,
    evaluations=(HeldOutLoss(), Disentanglement(images=100_000), Traversals()),
    log=Logging(every=50, checkpoint_every=500),
)

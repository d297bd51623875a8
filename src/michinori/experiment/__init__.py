"""Small seeded experiments on the questions of the tutorial: performed in a world or on this machine's sockets."""

from michinori.experiment.experiments import EXPERIMENTS, Experiment, Performed, performed

__all__ = ["EXPERIMENTS", "Experiment", "Performed", "performed"]

"""Match and confirm: who wrote an anonymous form may say so through the channel on file, and nobody else."""

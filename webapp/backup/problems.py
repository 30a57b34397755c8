class BackupProblem(Exception):
    """Why a backup or a restore does not go on. One sentence for the operator."""

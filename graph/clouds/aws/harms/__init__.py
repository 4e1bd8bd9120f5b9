"""What can be done to AWS assets, as rows: one file for each sort of asset."""

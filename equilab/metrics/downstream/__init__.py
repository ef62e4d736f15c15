"""What a predictor of the factors makes of the codes: accuracy, sample efficiency, fairness, generalisation."""

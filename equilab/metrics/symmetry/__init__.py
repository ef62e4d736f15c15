"""Latents on which a group acts: does a transformation of the data become a linear map of the code?"""

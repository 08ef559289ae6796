"""What is wrong with the installation now, kept until it is right again."""

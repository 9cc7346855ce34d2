"""What Bullet does: the only code that knows pybullet."""

"""The parts of `scripts/device_check.sh`: equality of CPU and GPU, step times, training, traces."""

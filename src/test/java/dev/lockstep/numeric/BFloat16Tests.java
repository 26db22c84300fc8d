package dev.lockstep.numeric;

class BFloat16Tests extends HalfTypeContract {
  BFloat16Tests() {
    super(7, 127);
  }

  @Override
  float toFloat(short bits) {
    return BFloat16.toFloat(bits);
  }

  @Override
  short fromFloat(float value) {
    return BFloat16.fromFloat(value);
  }

  @Override
  short fromDouble(double value) {
    return BFloat16.fromDouble(value);
  }
}

package dev.lockstep.numeric;

class Float16Tests extends HalfTypeContract {
  Float16Tests() {
    super(10, 15);
  }

  @Override
  float toFloat(short bits) {
    return Float16.toFloat(bits);
  }

  @Override
  short fromFloat(float value) {
    return Float16.fromFloat(value);
  }

  @Override
  short fromDouble(double value) {
    return Float16.fromDouble(value);
  }
}

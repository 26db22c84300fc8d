package dev.lockstep.simulator.intrinsic;

import java.util.Random;

/** Floats that find mistakes: landmarks, their neighbours, and uniformly random bits. */
final class Samples {
  private static final float[] LANDMARKS = {
    0f,
    1f,
    2f,
    3f,
    0.5f,
    0.1f,
    10f,
    255f,
    256f,
    0x1p-149f,
    0x1p-127f,
    0x1p-126f,
    0x1p-24f,
    0x1p23f,
    0x1p24f,
    0x1p31f,
    0x1p63f,
    0x1p64f,
    0x1p126f,
    0x1p127f,
    65504f,
    65520f,
    0x1p-14f,
    0x1p-25f,
    Float.MAX_VALUE,
    Float.POSITIVE_INFINITY,
    Float.NaN
  };

  private final Random random;

  Samples(long seed) {
    random = new Random(seed);
  }

  /** Any float, NaN and infinities included. */
  float next() {
    if (random.nextInt(4) != 0) {
      return Float.intBitsToFloat(random.nextInt());
    }
    float value = LANDMARKS[random.nextInt(LANDMARKS.length)];
    value = random.nextInt(3) == 0 ? Math.nextUp(value) : value;
    value = random.nextInt(3) == 0 ? Math.nextDown(value) : value;
    return random.nextBoolean() ? value : -value;
  }

  float nextFinite() {
    while (true) {
      float value = next();
      if (Float.isFinite(value)) {
        return value;
      }
    }
  }

  /** A finite float near {@code other} in magnitude, so that sums cancel and tie. */
  float nextNear(float other) {
    float scale = Math.scalb(1f, random.nextInt(60) - 30);
    float value = other * scale * (random.nextInt(9) - 4) / 4;
    return Float.isFinite(value) ? value : nextFinite();
  }
}

package dev.lockstep.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ShapeTests {
  @Test
  void rowsAreAllAxesButTheLast() {
    Shape shape = Shape.of(2, 3, 5);
    assertThat(shape.count()).isEqualTo(30);
    assertThat(shape.rows()).isEqualTo(6);
    assertThat(shape.cols()).isEqualTo(5);
  }

  @Test
  void aVectorIsOneRowAndAScalarOneElement() {
    assertThat(Shape.of(7).rows()).isEqualTo(1);
    assertThat(Shape.of(7).cols()).isEqualTo(7);
    assertThat(Shape.of().count()).isEqualTo(1);
    assertThat(Shape.of().rows()).isEqualTo(1);
    assertThat(Shape.of().cols()).isEqualTo(1);
  }

  @Test
  void equalityIsByExtents() {
    assertThat(Shape.of(2, 3)).isEqualTo(Shape.of(2, 3)).hasSameHashCodeAs(Shape.of(2, 3));
    assertThat(Shape.of(2, 3)).isNotEqualTo(Shape.of(3, 2)).isNotEqualTo(Shape.of(6));
    assertThat(Shape.of(2, 3)).hasToString("[2, 3]");
  }

  @Test
  void aCallersArrayIsCopiedInAndOut() {
    long[] extents = {2, 3};
    Shape shape = Shape.of(extents);
    extents[0] = 9;
    shape.extents()[1] = 9;
    assertThat(shape).isEqualTo(Shape.of(2, 3));
  }

  @Test
  void extentsBelowOneAreRefused() {
    assertThatThrownBy(() -> Shape.of(4, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("extent 0 of axis 1 must be at least 1");
    assertThatThrownBy(() -> Shape.of(-3)).hasMessage("extent -3 of axis 0 must be at least 1");
  }

  @Test
  void extentsOfZeroAreThereForThoseWhoAsk() {
    Shape rows = Shape.possiblyEmpty(0, 4);
    assertThat(rows.count()).isZero();
    assertThat(rows.rows()).isZero();
    assertThat(rows.cols()).isEqualTo(4);
    Shape cols = Shape.possiblyEmpty(2, 3, 0);
    assertThat(cols.rows()).isEqualTo(6);
    assertThat(cols.cols()).isZero();
    assertThat(Shape.possiblyEmpty(2, 3)).isEqualTo(Shape.of(2, 3));
    assertThatThrownBy(() -> Shape.possiblyEmpty(-1))
        .hasMessage("extent -1 of axis 0 must be at least 0");
  }

  @Test
  void countsPastALongAreRefusedNotWrapped() {
    assertThat(Shape.of(1L << 31, 1L << 31).count()).isEqualTo(1L << 62);
    assertThatThrownBy(() -> Shape.of(1L << 31, 1L << 32))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("shape [2147483648, 4294967296] has more than 2^63-1 elements");
  }
}

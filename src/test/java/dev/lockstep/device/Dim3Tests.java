package dev.lockstep.device;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class Dim3Tests {
  @Test
  void countsPlacesAlongXFirst() {
    Dim3 extents = new Dim3(2, 3, 2);
    assertThat(extents.place(0)).isEqualTo(new Dim3(0, 0, 0));
    assertThat(extents.place(1)).isEqualTo(new Dim3(1, 0, 0));
    assertThat(extents.place(2)).isEqualTo(new Dim3(0, 1, 0));
    assertThat(extents.place(6)).isEqualTo(new Dim3(0, 0, 1));
    assertThat(extents.place(extents.count() - 1)).isEqualTo(new Dim3(1, 2, 1));
  }

  @Test
  void countsPlacesBeyondAnInt() {
    assertThat(new Dim3(1 << 20, 1 << 12, 1).place(1L << 31)).isEqualTo(new Dim3(0, 1 << 11, 0));
  }
}

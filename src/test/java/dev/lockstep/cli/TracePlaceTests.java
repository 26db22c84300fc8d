package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Dim3;
import org.junit.jupiter.api.Test;

class TracePlaceTests {
  private static final Dim3 GRID = new Dim3(4, 3, 2);

  @Test
  void aNumberCountsBlocksAlongX() {
    assertThat(TracePlace.parse("block=0,warp=5", GRID))
        .isEqualTo(new TracePlace(new Dim3(0, 0, 0), 5));
    assertThat(TracePlace.parse("block=23,warp=0", GRID).block()).isEqualTo(new Dim3(3, 2, 1));
    assertThat(TracePlace.parse("block=5,warp=0", GRID).block()).isEqualTo(new Dim3(1, 1, 0));
  }

  @Test
  void threeNumbersAreAPlace() {
    assertThat(TracePlace.parse("block=1,2,1,warp=0", GRID).block()).isEqualTo(new Dim3(1, 2, 1));
    assertThat(TracePlace.parse("block=(1,2,1),warp=0", GRID).block()).isEqualTo(new Dim3(1, 2, 1));
  }
}

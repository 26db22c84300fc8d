package dev.lockstep.profile;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ColumnsTests {
  @Test
  void alignsColumnsAndLeavesNoSpacesBehind() {
    Columns table = new Columns().row("op", "dtype", "at").row("rmsnorm", "f32", "").row("x");
    assertThat(table.lines()).containsExactly("op       dtype  at", "rmsnorm  f32", "x");
  }

  @Test
  void endsNumbersAtTheRight() {
    Columns table = new Columns("lr").row("kernel", "bytes", "us").row("gelu", "8", "1200");
    assertThat(table.lines()).containsExactly("kernel  bytes    us", "gelu        8  1200");
  }
}

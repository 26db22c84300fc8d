package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TableTests {
  @Test
  void alignsColumnsAndLeavesNoSpacesBehind() {
    Table table = new Table().row("op", "dtype", "at").row("rmsnorm", "f32", "").row("x");
    assertThat(table.lines()).containsExactly("op       dtype  at", "rmsnorm  f32", "x");
  }
}

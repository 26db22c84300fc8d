package dev.lockstep.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ModuleLoaderTests {
  @Test
  void inliningPositionsGoAndLinesStay() {
    String ptx =
        """
        \t.loc\t1 5 41
        \t.loc\t1 3 51, function_name $L__info_string8, inlined_at 1 5 41
        \tadd.f32 \t%f7, %f5, %f6;
        """;

    assertThat(ModuleLoader.withoutInlining(ptx))
        .isEqualTo(
            """
            \t.loc\t1 5 41
            \t.loc\t1 3 51
            \tadd.f32 \t%f7, %f5, %f6;
            """);
  }
}

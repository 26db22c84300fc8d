package dev.lockstep.profile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.LaunchCounts;
import dev.lockstep.device.LineCounts;
import dev.lockstep.device.LineCounts.SourceLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HotLinesTests {
  @TempDir private Path folder;

  @BeforeEach
  void writeSource() throws IOException {
    Files.writeString(folder.resolve("k.cu"), "first\n  second  \nthird\n");
  }

  @Test
  void instructionsOfOneSourceLineAreOne() {
    LaunchCounts launch =
        launch(
            line(10, "ld;", instructions(30), at("/src/k.cu", 2)),
            line(11, "st;", instructions(10), at("/src/k.cu", 2)),
            line(12, "add;", instructions(60), at("/src/k.cu", 3)));
    List<HotLine> hot = HotLines.of(launch, sources(), 10);
    assertThat(hot).extracting(HotLine::place).containsExactly("k.cu:3", "k.cu:2");
    assertThat(hot).extracting(HotLine::text).containsExactly("third", "second");
    assertThat(hot).extracting(HotLine::instructions).containsExactly(0.6, 0.4);
  }

  @Test
  void inlinedCodeOfOtherFoldersCountsWhereItIsCalled() {
    LaunchCounts launch =
        launch(
            line(
                10,
                "ex2;",
                instructions(1),
                at("/cuda/include/math.h", 700),
                at("/src/k.cu", 2),
                at("/src/k.cu", 3)));
    assertThat(HotLines.of(launch, sources(), 10))
        .extracting(HotLine::place)
        .containsExactly("k.cu:2");
  }

  @Test
  void withoutSourceTheInstructionsThemselvesAreShown() {
    LaunchCounts launch =
        launch(
            line(10, "ld;", instructions(1), at("/src/gone.cu", 2)),
            line(11, "st;", instructions(2)),
            line(12, "add;", instructions(0)));
    List<HotLine> hot = HotLines.of(launch, sources(), 10);
    assertThat(hot).extracting(HotLine::place).containsExactly("ptx:11", "ptx:10");
    assertThat(hot).extracting(HotLine::text).containsExactly("st;", "ld;");
    assertThat(HotLines.of(launch, sources(), 1)).hasSize(1);
  }

  @Test
  void causesAreSaidInWords() {
    assertThat(causes(loads(10, 320, 1280)))
        .containsExactly(
            "32.0 sectors per request where 4 would hold the bytes: uncoalesced loads");
    assertThat(causes(loads(10, 50, 1280)))
        .containsExactly("5.0 sectors per request where 4 would hold the bytes: misaligned loads");
    assertThat(causes(loads(10, 40, 1280))).isEmpty();
    // One word alone needs its sector.
    assertThat(causes(loads(10, 10, 40))).isEmpty();
    assertThat(
            causes(
                instructions(1)
                    .add(Counter.SHARED_STORE_WAVEFRONTS, 64)
                    .add(Counter.SHARED_STORE_CONFLICTS, 62)))
        .containsExactly("32-way bank conflict");
    assertThat(
            causes(
                instructions(1)
                    .add(Counter.SHARED_LOAD_WAVEFRONTS, 15)
                    .add(Counter.SHARED_LOAD_CONFLICTS, 5)))
        .containsExactly("bank conflicts, 1.5-way on average");
    assertThat(
            causes(
                new Counts.Builder()
                    .add(Counter.INSTRUCTIONS, 4)
                    .add(Counter.THREAD_INSTRUCTIONS, 128)
                    .add(Counter.THREAD_INSTRUCTIONS_ON, 64)))
        .containsExactly("50 % of lanes inactive");
    assertThat(causes(instructions(10).add(Counter.LOCAL_LOAD_SECTORS, 8)))
        .containsExactly("8 sectors of local memory: spills or indexed arrays");
  }

  @Test
  void aBranchNotTakenKeepsItsLanesAtWork() {
    Counts.Builder branch =
        new Counts.Builder()
            .add(Counter.INSTRUCTIONS, 10)
            .add(Counter.THREAD_INSTRUCTIONS, 320)
            .add(Counter.BRANCHES, 10);
    assertThat(causes(branch)).isEmpty();
    assertThat(causes(branch.add(Counter.DIVERGENT_BRANCHES, 5)))
        .containsExactly("50 % of branches diverge");
  }

  @Test
  void theListShowsSharesAndCausesBelowTheLine() {
    LaunchCounts launch =
        launch(
            line(10, "ld;", loads(10, 320, 1280), at("/src/k.cu", 2)),
            line(11, "st;", instructions(30), at("/src/k.cu", 3)));
    assertThat(HotLines.lines(HotLines.of(launch, sources(), 10)))
        .containsExactly(
            " instr  sectors  conflicts  line",
            "25.0 %  100.0 %          -  k.cu:2  second",
            "                                    ^ 32.0 sectors per request where 4 would hold the"
                + " bytes: uncoalesced loads",
            "75.0 %        -          -  k.cu:3  third");
  }

  private List<String> causes(Counts.Builder counts) {
    LaunchCounts launch = launch(line(1, "x;", counts));
    return HotLines.of(launch, sources(), 1).getFirst().causes();
  }

  /** Executed by full warps. */
  private static Counts.Builder instructions(long count) {
    return new Counts.Builder()
        .add(Counter.INSTRUCTIONS, count)
        .add(Counter.THREAD_INSTRUCTIONS, 32 * count)
        .add(Counter.THREAD_INSTRUCTIONS_ON, 32 * count);
  }

  private static Counts.Builder loads(long requests, long sectors, long distinctBytes) {
    return instructions(requests)
        .add(Counter.GLOBAL_LOAD_REQUESTS, requests)
        .add(Counter.GLOBAL_LOAD_SECTORS, sectors)
        .add(Counter.GLOBAL_LOAD_DISTINCT_BYTES, distinctBytes);
  }

  private static SourceLine at(String path, int line) {
    return new SourceLine(path, line);
  }

  private static LineCounts line(
      int ptxLine, String text, Counts.Builder counts, SourceLine... source) {
    return new LineCounts(ptxLine, text, List.of(source), counts.build());
  }

  private LaunchCounts launch(LineCounts... lines) {
    Counts.Builder sum = new Counts.Builder();
    for (LineCounts line : lines) {
      sum.add(line.counts());
    }
    return new LaunchCounts("k", new Dim3(1), new Dim3(32), sum.build(), 0, 0, List.of(lines));
  }

  private SourceFiles sources() {
    return SourceFiles.beside(folder.resolve("k.ptx"));
  }
}

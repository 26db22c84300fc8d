package dev.lockstep.simulator.instruction;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.PtxParser;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** No kernel of ours uses an instruction form that has no test of its own. */
class InstructionCoverageTests {
  /** Files without case lines, because Java code makes their operands or expects a fault. */
  private static final Set<String> TESTED_FROM_JAVA =
      Set.of(
          "coordinates",
          "ldmatrix.sync.aligned.m8n8.x1.shared.b16",
          "ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16",
          "ldmatrix.sync.aligned.m8n8.x2.shared.b16",
          "ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16",
          "ldmatrix.sync.aligned.m8n8.x4.shared.b16",
          "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16",
          "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32",
          "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32",
          "mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32",
          "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32",
          "trap");

  /** Files about syntax or control flow rather than one instruction. */
  private static final Set<String> NOT_FORMS =
      Set.of(
          "addressing",
          "aliases",
          "aliases.load",
          "coordinates",
          "diverge",
          "guards",
          "guards.steps",
          "immediates",
          "lanes",
          "literals",
          "scopes",
          "spellings",
          "symbols");

  @Test
  void everyFormOurKernelsUseHasAFile() throws IOException, URISyntaxException {
    Set<String> used = formsOfOurKernels();
    assertThat(used).as("forms found in the committed kernels").hasSizeGreaterThan(100);
    Set<String> files =
        InstructionFile.all().stream().map(InstructionFile::name).collect(Collectors.toSet());
    Set<String> untested = new TreeSet<>(used);
    untested.removeAll(files);
    assertThat(untested).as("instruction forms that kernels/ptx uses and no test covers").isEmpty();
  }

  @Test
  void everyFileHasCasesOrATestInJava() {
    Set<String> without =
        InstructionFile.all().stream()
            .filter(file -> file.cases().isEmpty())
            .map(InstructionFile::name)
            .collect(Collectors.toSet());
    assertThat(without).isEqualTo(TESTED_FROM_JAVA);
  }

  /** A file could be copied from another and never changed. */
  @Test
  void everyFileContainsTheFormItIsNamedAfter() {
    List<String> strangers =
        InstructionFile.all().stream()
            .filter(file -> !NOT_FORMS.contains(file.name()))
            .filter(
                file ->
                    formsOf(file.ptx()).stream()
                        .noneMatch(form -> (file.name() + ".").startsWith(form + ".")))
            .map(InstructionFile::name)
            .toList();
    assertThat(strangers).isEmpty();
  }

  private static Set<String> formsOfOurKernels() throws IOException, URISyntaxException {
    // By the index, since other folders of the class path also hold a package of that name.
    URL index =
        Objects.requireNonNull(
            InstructionCoverageTests.class.getResource("/dev/lockstep/kernels/kernels.json"));
    Set<String> forms = new TreeSet<>();
    try (Stream<Path> files = Files.list(Path.of(index.toURI()).getParent())) {
      for (Path file : files.filter(path -> path.toString().endsWith(".ptx")).toList()) {
        forms.addAll(formsOf(Files.readString(file)));
      }
    }
    return forms;
  }

  private static Set<String> formsOf(String ptx) {
    return PtxParser.parse(ptx).kernels().stream()
        .map(PtxKernel::instructions)
        .flatMap(List::stream)
        .map(Instruction::fullOpcode)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}

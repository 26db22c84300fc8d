package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The program in a process of its own, whose results nobody takes. */
@EnabledOnOs(OS.LINUX)
class StandardOutputTests {
  private static final String SAXPY =
      "run src/test/resources/run/saxpy.ptx --grid 4 --block 256 --arg in:f32:iota:1024"
          + " --arg inout:f32:iota:1024 --arg f32:0.5 --arg s32:1024";

  private static ProcessBuilder lockstep(String arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Lockstep.class.getName()));
    command.addAll(List.of(arguments.split(" ")));
    return new ProcessBuilder(command);
  }

  private static String errors(Process process) throws IOException {
    return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(strings = {SAXPY, "run --help"})
  void saysThatResultsAreLost(String arguments) throws Exception {
    Process process = lockstep(arguments).redirectOutput(new File("/dev/full")).start();
    assertThat(errors(process).lines())
        .containsExactly("lockstep: cannot write to standard output: No space left on device");
    assertThat(process.waitFor()).isEqualTo(Lockstep.FAILED);
  }

  @Test
  void whatWasWrongBeforeKeepsItsExitCode() throws Exception {
    Process process =
        lockstep(
                "run src/test/resources/sanitizer/mistakes.ptx --entry reversed --grid 1"
                    + " --block 256 --arg out:f32:256 --sanitize on --trace block=0,warp=0")
            .redirectOutput(new File("/dev/full"))
            .start();
    assertThat(errors(process)).contains("SharedMemoryRace", "cannot write to standard output");
    assertThat(process.waitFor()).isEqualTo(Lockstep.FAULT);
  }

  @Test
  void aReaderThatHasSeenEnoughIsNoFailure() throws Exception {
    Process process = lockstep(SAXPY).start();
    process.getInputStream().close();
    assertThat(errors(process)).isEmpty();
    assertThat(process.waitFor()).isEqualTo(Lockstep.OK);
  }
}

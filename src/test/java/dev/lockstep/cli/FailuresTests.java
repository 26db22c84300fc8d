package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.DeviceException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class FailuresTests {
  private final StringWriter err = new StringWriter();
  private final CommandLine command =
      Lockstep.commandLine(new PrintWriter(new StringWriter()), new PrintWriter(err, true));

  @Test
  void aMistakeOfTheUserIsOneLine() {
    assertThat(failed(new UserError("--data x:\n  no such file"))).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo("lockstep: --data x:; no such file" + System.lineSeparator());
  }

  @Test
  void aFailureOfTheDeviceIsOneLine() {
    assertThat(failed(new DeviceException("cuMemAlloc", 2, "out of memory"))).isEqualTo(1);
    assertThat(err.toString().lines()).singleElement().asString().contains("cuMemAlloc", "2");
  }

  @Test
  void aDefectShowsItsStack() {
    assertThat(failed(new IllegalStateException("impossible"))).isEqualTo(1);
    assertThat(err.toString()).contains("defect", "IllegalStateException: impossible", "\tat ");
  }

  /** Even where the message happens to name what the reason is. */
  @Test
  void aFileThatCannotBeReadOrWrittenSaysWhyOnce() {
    IOException full = new IOException("No space");
    assertThat(failed(new UncheckedIOException("cannot write No space.html", full))).isEqualTo(1);
    assertThat(err.toString().strip()).isEqualTo("lockstep: cannot write No space.html: No space");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "train --graph=maybe | train: --graph maybe: it is given alone, or as --graph=true or"
            + " --graph=false",
        "train --no-graph=maybe | train: --no-graph maybe: it is given alone, or as --no-graph=true"
            + " or",
        "train --overwrite=3 | train: --overwrite 3: it is given alone, or as --overwrite=true or",
        "run x.ptx --list=maybe | run: --list maybe: it is given alone, or as --list=true or",
      })
  void aSwitchIsNamedAsItWasTyped(String words, String problem) {
    Run run = Run.lockstep(words.split(" "));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.errLines()).singleElement().asString().startsWith("lockstep " + problem);
  }

  @Test
  void onlyArgumentsJudgedToBeTheUsersAreTheirs() {
    assertThat(failed(new IllegalArgumentException("ours"))).isEqualTo(1);
    assertThat(err.toString()).contains("defect");
  }

  private int failed(Exception exception) {
    return Failures.failed(exception, command, command.parseArgs());
  }
}

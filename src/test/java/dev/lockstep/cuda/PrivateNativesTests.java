package dev.lockstep.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import jcuda.runtime.JCuda;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class PrivateNativesTests {
  private static final String TEMPORARY_FOLDER = "java.io.tmpdir";

  @Test
  void changesTheTemporaryFolderOnlyMeanwhile() {
    String before = System.getProperty(TEMPORARY_FOLDER);
    AtomicReference<Path> meanwhile = new AtomicReference<>();
    PrivateNatives.load(() -> meanwhile.set(Path.of(System.getProperty(TEMPORARY_FOLDER))));

    assertThat(System.getProperty(TEMPORARY_FOLDER)).isEqualTo(before);
    assertThat(meanwhile.get()).isNotEqualTo(Path.of(before)).doesNotExist();
  }

  @Test
  void putsTheTemporaryFolderBackAfterAFailure() {
    String before = System.getProperty(TEMPORARY_FOLDER);
    Runnable fails =
        () -> {
          throw new UnsatisfiedLinkError("as JCuda does");
        };
    assertThatThrownBy(() -> PrivateNatives.load(fails)).isInstanceOf(UnsatisfiedLinkError.class);
    assertThat(System.getProperty(TEMPORARY_FOLDER)).isEqualTo(before);
  }

  /**
   * In a JVM of its own, since a library is loaded once per process. The runtime's library is taken
   * because it needs no driver.
   */
  @Test
  @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
  void isNotFooledByAFileThatLiesInTheSharedFolder(@TempDir Path shared)
      throws IOException, InterruptedException {
    Path planted = shared.resolve("libJCudaRuntime-12.6.0-linux-x86_64.so");
    Files.writeString(planted, "planted");
    Path output = shared.resolve("output");
    Process jvm =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.io.tmpdir=" + shared,
                "-cp",
                System.getProperty("java.class.path"),
                LoadsTheRuntime.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();

    assertThat(jvm.waitFor()).as(() -> contents(output)).isZero();
    assertThat(contents(output)).contains("loaded");
    try (var files = Files.list(shared)) {
      assertThat(files.toList()).containsExactlyInAnyOrderElementsOf(List.of(planted, output));
    }
  }

  private static String contents(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** The other JVM's program. */
  static final class LoadsTheRuntime {
    public static void main(String[] arguments) {
      PrivateNatives.load(() -> JCuda.setExceptionsEnabled(false));
      JCuda.cudaGetDeviceCount(new int[1]);
      System.out.println("loaded");
    }
  }
}

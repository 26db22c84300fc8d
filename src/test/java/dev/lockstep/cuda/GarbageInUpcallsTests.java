package dev.lockstep.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.cuda.standin.CallLog;
import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A collection in the middle of each driver call. JCuda pins a Java array it was given for the
 * length of the call, and all collectors but G1 and Shenandoah then wait for the end of the call,
 * which waits for them: a program that passes heap arrays hangs here.
 */
@OnStandIn
class GarbageInUpcallsTests {
  private static final int PATIENCE_SECONDS = 120;

  @AfterEach
  void forgetInterference() {
    StandInDriver.get().calls().reset();
  }

  @Test
  @Timeout(value = PATIENCE_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void theCollectorOfThisProcessRunsInEveryCall() {
    collectInEveryCall();
    CudaTour.run();
    assertThat(StandInDriver.get().calls().total()).isGreaterThan(40);
  }

  /** In a JVM of its own, which also finds the device while garbage is collected. */
  @ParameterizedTest
  @ValueSource(strings = {"SerialGC", "ParallelGC", "ZGC", "G1GC", "ShenandoahGC"})
  @Tag("sweep")
  void noCollectorHangs(String collector, @TempDir Path folder)
      throws IOException, InterruptedException {
    Path output = folder.resolve("output");
    Process jvm =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "--add-modules=jdk.incubator.vector",
                "-XX:+Use" + collector,
                "-Xmx256m",
                "-D" + StandInDriver.PROPERTY + "=true",
                "-cp",
                System.getProperty("java.class.path"),
                Tour.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean ended = jvm.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
    jvm.destroyForcibly();
    assertThat(ended).as("the process ended; it said %s", Files.readString(output)).isTrue();
    assertThat(jvm.exitValue()).as(Files.readString(output)).isZero();
    assertThat(Files.readString(output)).contains("the tour is over");
  }

  private static void collectInEveryCall() {
    CallLog calls = StandInDriver.get().calls();
    calls.reset();
    calls.interfere(
        (export, nth) -> {
          System.gc();
          return 0;
        });
  }

  /** The other JVM's program. */
  static final class Tour {
    public static void main(String[] arguments) {
      collectInEveryCall();
      CudaTour.run();
      System.out.println("the tour is over");
    }
  }
}

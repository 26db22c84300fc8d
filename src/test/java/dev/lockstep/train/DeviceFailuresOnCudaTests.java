package dev.lockstep.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.cuda.standin.CallLog;
import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.Devices;
import dev.lockstep.nn.LanguageModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import jcuda.driver.CUresult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every kind of call a run makes fails in its midst, with each kind of code. */
@OnStandIn
class DeviceFailuresOnCudaTests {
  private static final LanguageModelConfig MODEL =
      LanguageModelConfig.builder().context(2).embedding(4).width(8).hidden(8).blocks(1).build();

  /** Made to word messages, or after which nothing of the process's CUDA would be left to test. */
  private static final Set<String> SPARED =
      Set.of(
          "cuGetErrorString",
          "cuMemGetInfo_v2",
          "cuDevicePrimaryCtxRetain",
          "cuDevicePrimaryCtxRelease_v2");

  /** A caller's mistake, too little memory, a lost device, and a code nobody expects. */
  private static final int[] CODES = {
    CUresult.CUDA_ERROR_INVALID_VALUE,
    CUresult.CUDA_ERROR_OUT_OF_MEMORY,
    CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
    CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
    CUresult.CUDA_ERROR_LAUNCH_FAILED,
    CUresult.CUDA_ERROR_UNKNOWN
  };

  private static final Set<Integer> LOST =
      Set.of(
          CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
          CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
          CUresult.CUDA_ERROR_LAUNCH_FAILED);

  @TempDir Path folder;

  private final CallLog calls = StandInDriver.get().calls();
  private TrainConfig.Builder config = TrainConfig.builder();
  private int written;

  @BeforeEach
  void text() throws IOException {
    config =
        TrainConfig.builder()
            .model(MODEL)
            .batch(2)
            .steps(3)
            .warmupSteps(1)
            .data(Files.writeString(folder.resolve("text"), "waltz, bad nymph. ".repeat(5)))
            .out(folder.resolve("out"))
            .overwrite(true)
            .checkpointEvery(1)
            .sampleLength(1);
  }

  @AfterEach
  void forgetInterference() {
    calls.reset();
  }

  private TrainSummary run() {
    written = 0;
    TrainListener listener =
        new TrainListener() {
          @Override
          public void checkpointWritten(Path file, int step) {
            written = step;
          }
        };
    try (Device device = StandInDriver.open()) {
      return new Trainer(config.build(), new Devices.Choice(device, "for a test"), listener).run();
    }
  }

  /** Of a run in a process that has found its GPU already: that is done once. */
  private Map<String, Long> callsOfARun() {
    run();
    Map<String, Long> made = new TreeMap<>();
    calls.interfere(
        (export, nth) -> {
          made.merge(export, 1L, Long::sum);
          return 0;
        });
    run();
    calls.reset();
    made.keySet().removeAll(SPARED);
    return made;
  }

  /** One call of each part of a run. */
  @ParameterizedTest
  @CsvSource({
    "cuMemHostAlloc, 1, 2",
    "cuLaunchKernel, 20, 1",
    "cuMemcpyHtoDAsync_v2, 3, 214",
    "cuStreamEndCapture, 1, 999",
    "cuGraphLaunch, 2, 719",
    "cuStreamSynchronize, 9, 700",
  })
  void aCallThatFailsEndsTrainingWithNoticeAndKeepsTheLastCheckpoint(
      String export, long nth, int code) {
    fail(export, nth, code);
  }

  @Test
  @Tag("long")
  void everyKindOfCallFailsWithEachCode() {
    Map<String, Long> made = callsOfARun();
    assertThat(made).containsKeys("cuGraphLaunch", "cuMemHostAlloc", "cuStreamEndCapture");
    made.forEach(
        (export, times) -> {
          for (int code : CODES) {
            fail(export, (times + 1) / 2, code);
          }
          fail(export, 1, CUresult.CUDA_ERROR_LAUNCH_FAILED);
          fail(export, times, CUresult.CUDA_ERROR_LAUNCH_FAILED);
        });
  }

  /**
   * A device that is lost answers all calls so from then on.
   *
   * @param nth which of the calls of that export fails, from 1
   */
  private void fail(String export, long nth, int code) {
    boolean lost = LOST.contains(code);
    AtomicLong seen = new AtomicLong();
    calls.interfere(
        (called, total) -> {
          long times = called.equals(export) ? seen.incrementAndGet() : seen.get();
          boolean failing = lost ? times >= nth : called.equals(export) && times == nth;
          return failing && !SPARED.contains(called) ? code : 0;
        });
    Throwable thrown = catchThrowable(this::run);
    calls.reset();
    String what = "call " + nth + " of " + export + " answers " + code;
    String name = export.replaceFirst("_v\\d$", "").replace("WithFlags", "");
    assertThat(thrown)
        .as(what)
        .isInstanceOfAny(TrainingFailedException.class, DeviceException.class)
        .hasMessageContaining(
            "%s failed with %d: %s (".formatted(name, code, CUresult.stringFor(code)))
        .hasMessageNotContaining("\n");
    if (thrown instanceof TrainingFailedException failed) {
      assertThat(failed).as(what).hasMessageMatching("(before the first|after) step.*");
      Path kept = failed.checkpoint();
      if (written > 0) {
        assertThat(failed).hasMessageContaining("the last good checkpoint, of step " + written);
      }
      assertThat(kept == null ? 0 : Checkpoint.read(kept, MODEL).step())
          .as(what)
          .isEqualTo(written);
    }
    Path left = folder.resolve("out").resolve("checkpoint.safetensors");
    if (written > 0) {
      assertThat(Checkpoint.read(left, MODEL).step()).as(what).isEqualTo(written);
    }
  }

  @Test
  void aStepThatCannotBeRecordedIsSaidToBeQueueableByParts() {
    calls.fail("cuStreamEndCapture", CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    TrainingFailedException failure =
        catchThrowableOfType(TrainingFailedException.class, this::run);
    assertThat(failure)
        .hasMessageStartingWith("after step 1: cuStreamEndCapture failed with 900")
        .hasMessageContaining("; --no-graph queues each part of a step by itself instead; ");
  }

  @Test
  void tooLittleMemorySaysWhatWasAskedWhatIsFreeAndWhatNeedsLess() {
    config.model(MODEL.toBuilder().width(1 << 19).hidden(1 << 19).build());
    TrainingFailedException failure =
        catchThrowableOfType(TrainingFailedException.class, this::run);
    assertThat(failure)
        .hasMessageMatching(
            "before the first step: cuMemAlloc failed with 2: CUDA_ERROR_OUT_OF_MEMORY \\(.*\\)"
                + " for \\d{12,} bytes; \\d+ of \\d+ bytes are free; a smaller --batch"
                + " \\(--accumulate makes up for it\\), a smaller --head-memory or a smaller model"
                + " needs less; no checkpoint had been written");
  }

  /** A kernel's fault is learnt at the next wait, a graph having been launched meanwhile. */
  @Test
  void aFaultNamesTheKernelsLaunchedSinceTheLastWait() {
    AtomicLong launches = new AtomicLong();
    calls.interfere(
        (export, nth) -> {
          long launched =
              export.equals("cuGraphLaunch") ? launches.incrementAndGet() : launches.get();
          return launched == 2 && export.equals("cuStreamSynchronize")
              ? CUresult.CUDA_ERROR_ILLEGAL_ADDRESS
              : 0;
        });
    assertThat(catchThrowableOfType(TrainingFailedException.class, this::run))
        .hasMessageContaining("cuStreamSynchronize failed with 700")
        .hasMessageContaining("launched on this stream since the last wait: a graph of ")
        .hasMessageContaining("adamw_step")
        .hasMessageContaining("the last good checkpoint, of step 2, is ");
  }
}

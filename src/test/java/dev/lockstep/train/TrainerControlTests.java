package dev.lockstep.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.Devices;
import dev.lockstep.device.RecordingDevice;
import dev.lockstep.device.Stream;
import dev.lockstep.nn.LanguageModelConfig;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The course of a run, on a device that computes nothing. */
class TrainerControlTests {
  private static final LanguageModelConfig MODEL =
      LanguageModelConfig.builder().context(4).embedding(3).width(8).hidden(8).blocks(1).build();

  @TempDir Path folder;

  private final RecordingDevice device = new RecordingDevice();
  private final Devices.Choice choice = new Devices.Choice(device, "for a test");
  private final List<String> events = new ArrayList<>();
  private TrainConfig.Builder config = TrainConfig.builder();

  private class Recorder implements TrainListener {
    @Override
    public void logCut(Path file, long bytes) {
      events.add("cut " + bytes);
    }

    @Override
    public void started(RunInfo info) {
      events.add("start " + info.firstStep());
    }

    @Override
    public void logged(StepMetrics metrics) {
      events.add("log " + metrics.step());
    }

    @Override
    public void checkpointWritten(Path file, int step) {
      events.add("checkpoint " + step);
    }
  }

  @BeforeEach
  void text() throws IOException {
    Path text = Files.writeString(folder.resolve("text"), "It was a dark night. ".repeat(20));
    config =
        TrainConfig.builder()
            .model(MODEL)
            .batch(4)
            .steps(25)
            .warmupSteps(5)
            .data(text)
            .out(folder.resolve("out"))
            .overwrite(true)
            .checkpointEvery(8)
            .sampleLength(3);
  }

  @AfterEach
  void everythingIsGivenBack() {
    assertThat(device.openBuffers()).isZero();
    assertThat(device.openModules()).isZero();
  }

  @Test
  void reportsAndCheckpointsComeAtTheirSteps() throws IOException {
    TrainSummary summary = new Trainer(config.build(), choice, new Recorder()).run();
    assertThat(events)
        .containsExactly(
            "start 0",
            "log 1",
            "checkpoint 8",
            "log 10",
            "checkpoint 16",
            "log 20",
            "checkpoint 24",
            "log 25",
            "checkpoint 25");
    assertThat(summary.steps()).isEqualTo(25);
    assertThat(summary.losses()).hasSize(25);
    assertThat(summary.interrupted()).isFalse();
    assertThat(summary.validationBitsPerByte()).isZero();
    assertThat(summary.deviceReason()).isEqualTo("for a test");
    assertThat(Path.of(summary.checkpoint())).isRegularFile();
    assertThat(Files.readAllLines(Path.of(summary.log())))
        .hasSize(27)
        .satisfies(
            lines -> {
              assertThat(lines.getFirst()).startsWith("{\"config\":{\"task\":\"text\",\"model.v");
              assertThat(lines.get(1)).startsWith("{\"step\":1,\"loss\":0.0,");
              assertThat(lines.getLast()).isEqualTo("{\"validationBitsPerByte\":0.0}");
            });
  }

  @Test
  void theSummaryHasTheFieldsMachinesRead() {
    String json = new Trainer(config.build(), choice, new Recorder()).run().toJson();
    for (String field :
        List.of(
            "device",
            "deviceReason",
            "parameters",
            "flopsPerStep",
            "steps",
            "seed",
            "losses",
            "validationBitsPerByte",
            "baselines",
            "order0",
            "order1",
            "order2",
            "secondsPerStep",
            "sample",
            "checkpoint")) {
      assertThat(json).contains("\"" + field + "\"");
    }
    assertThat(json).contains("\"device\" : \"recording\"").contains("\"seed\" : 1");
  }

  @Test
  void aStepAllocatesNothingAndWaitsForNothing() {
    List<Integer> buffers = new ArrayList<>();
    List<Integer> waits = new ArrayList<>();
    int[] waited = new int[1];
    TrainListener listener =
        new TrainListener() {
          @Override
          public void stepQueued(int step) {
            buffers.add(device.openBuffers());
            waits.add(waited[0]);
          }
        };
    new Trainer(config.checkpointEvery(0).build(), choice, listener, counting(waited)).run();
    assertThat(buffers).hasSize(25).containsOnly(buffers.getFirst());
    // One wait after step 1, one after step 10, one after step 20; none between.
    for (int step = 2; step <= 25; step++) {
      boolean afterReport = step == 2 || step == 11 || step == 21;
      int before = waits.get(step - 2);
      assertThat(waits.get(step - 1) - before).as("step %d", step).isEqualTo(afterReport ? 1 : 0);
    }
  }

  @Test
  void aStopEndsTheStepAndKeepsTheModel() {
    Trainer[] trainer = new Trainer[1];
    TrainListener stopper =
        new Recorder() {
          @Override
          public void stepQueued(int step) {
            if (step == 13) {
              trainer[0].requestStop();
            }
          }
        };
    trainer[0] = new Trainer(config.build(), choice, stopper);
    TrainSummary summary = trainer[0].run();
    assertThat(events).endsWith("checkpoint 8", "log 10", "checkpoint 13");
    assertThat(summary.steps()).isEqualTo(13);
    assertThat(summary.losses()).hasSize(13);
    assertThat(summary.interrupted()).isTrue();
    assertThat(summary.sample()).isEmpty();
    assertThat(summary.toJson()).contains("\"validationBitsPerByte\" : \"NaN\"");
    Checkpoint checkpoint = Checkpoint.read(Path.of(summary.checkpoint()), MODEL);
    assertThat(checkpoint.step()).isEqualTo(13);
    assertThat(checkpoint.knobs()).isEqualTo(config.build().describe());
  }

  @Test
  void aStopBeforeTheFirstStepLeavesACheckpointOfIt() {
    Trainer trainer = new Trainer(config.build(), choice, new Recorder());
    trainer.requestStop();
    TrainSummary summary = trainer.run();
    assertThat(events).containsExactly("start 0", "checkpoint 0");
    assertThat(summary.steps()).isZero();
    assertThat(summary.secondsPerStep()).isNaN();
  }

  @Test
  void goesOnFromACheckpoint() throws IOException {
    TrainSummary half = new Trainer(config.steps(9).build(), choice, new Recorder()).run();
    events.clear();
    config.steps(12).resume(Path.of(half.checkpoint()));
    TrainSummary rest = new Trainer(config.build(), choice, new Recorder()).run();
    assertThat(events).containsExactly("start 9", "log 10", "log 12", "checkpoint 12");
    assertThat(rest.losses()).hasSize(3);
    assertThat(rest.steps()).isEqualTo(12);
    assertThat(Files.readAllLines(Path.of(rest.log()))).hasSize(11 + 5);
    assertThatThrownBy(() -> new Trainer(config.build(), choice, new Recorder()))
        .hasMessage(
            "checkpoint %s is of step 12 already; steps must be more than 12, not 12"
                .formatted(half.checkpoint()));
  }

  @Test
  void aLogThatEndsWithinALineIsCutThereWhichIsTold() throws IOException {
    TrainSummary half = new Trainer(config.steps(3).build(), choice, new Recorder()).run();
    Path log = Path.of(half.log());
    List<String> whole = Files.readAllLines(log);
    Files.writeString(log, "{\"step\":4,\"lo", StandardOpenOption.APPEND);
    events.clear();
    config.steps(4).resume(Path.of(half.checkpoint()));
    new Trainer(config.build(), choice, new Recorder()).run();
    assertThat(events).startsWith("cut 13", "start 3");
    assertThat(Files.readAllLines(log)).startsWith(whole.toArray(String[]::new)).hasSize(8);
  }

  @Test
  void badInputIsFoundBeforeTheFirstStep() throws IOException {
    refused(config.data(folder.resolve("none")), "none: no such file or directory");
    Path text = Files.writeString(folder.resolve("short"), "twelve bytes");
    refused(
        config.data(text).model(MODEL.toBuilder().context(11).build()),
        "holds 12 bytes; a context of 11 needs at least 13");
    config.data(folder.resolve("text")).model(MODEL);
    refused(config.out(text.resolve("below")), "cannot be written to: ");
    refused(config.out(text), text + " cannot be written to: " + text + " is no directory");
    Path out = folder.resolve("blocked");
    Files.createDirectories(out.resolve("checkpoint.safetensors"));
    refused(config.out(out), "checkpoint.safetensors cannot be written: it is a directory");
    Path used = Files.createDirectories(folder.resolve("used"));
    Files.writeString(used.resolve("checkpoint.safetensors"), "of an earlier run");
    refused(
        config.out(used).overwrite(false),
        "--out " + used + " holds an earlier run: go on with --resume " + used);
    refused(config.out(folder.resolve("out")).resume(folder.resolve("gone")), "gone");
    assertThat(device.launches()).isEmpty();
  }

  private void refused(TrainConfig.Builder bad, String message) {
    assertThatThrownBy(() -> new Trainer(bad.build(), choice, new Recorder()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  /** Counts calls of {@link Stream#synchronize}. */
  private static UnaryOperator<Stream> counting(int[] waited) {
    return stream ->
        (Stream)
            Proxy.newProxyInstance(
                Stream.class.getClassLoader(),
                new Class<?>[] {Stream.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("synchronize")) {
                    waited[0]++;
                  }
                  try {
                    return method.invoke(stream, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
  }
}

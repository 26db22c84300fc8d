package dev.lockstep.train;

import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One step of {@code lockstep train} as it is without options, on the simulator: the default model
 * in bf16, forward, backward and optimizer, its report included. Beside it the same where the JVM
 * has no Vector API. Limits for their medians: 70 and 120 ms on two cores.
 */
@NullUnmarked // JMH calls start() before anything else.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 6, time = 5)
@Measurement(iterations = 5, time = 2)
public class StepBenchmark {
  /** More than anybody waits for. */
  private static final int STEPS = 1_000_000;

  private final Semaphore asked = new Semaphore(0);
  private final Semaphore done = new Semaphore(0);
  private volatile Throwable failure;
  private volatile double loss;
  private Path folder;
  private Devices.Choice device;
  private Trainer trainer;
  private Thread run;

  /** Begins a run, which waits before its second step. */
  @Setup
  public void start() throws IOException, InterruptedException {
    folder = Files.createTempDirectory("lockstep-step");
    device = Devices.open("sim", DeviceOptions.defaults());
    TrainConfig config =
        TrainConfig.builder()
            .steps(STEPS)
            .logEvery(1)
            .checkpointEvery(0)
            .out(folder.resolve("run"))
            .build();
    trainer =
        new Trainer(
            config,
            device,
            new TrainListener() {
              @Override
              public void logged(StepMetrics metrics) {
                loss = metrics.loss();
                done.release();
                asked.acquireUninterruptibly();
              }
            });
    run =
        Thread.ofPlatform()
            .uncaughtExceptionHandler(
                (thread, thrown) -> {
                  failure = thrown;
                  done.release();
                })
            .start(trainer::run);
    done.acquire();
  }

  @Benchmark
  @Fork(
      value = 1,
      jvmArgs = {"--enable-native-access=ALL-UNNAMED", "--add-modules=jdk.incubator.vector"})
  public double vectorApi() throws InterruptedException {
    return step();
  }

  @Benchmark
  @Fork(value = 1, jvmArgs = "--enable-native-access=ALL-UNNAMED")
  public double withoutVectorApi() throws InterruptedException {
    return step();
  }

  private double step() throws InterruptedException {
    asked.release();
    done.acquire();
    if (failure != null) {
      throw new IllegalStateException("the run failed", failure);
    }
    return loss;
  }

  /** Ends the run; the model must have learned something. */
  @TearDown
  public void stop() throws IOException, InterruptedException {
    double last = step();
    trainer.requestStop();
    asked.release(STEPS);
    run.join();
    device.device().close();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
    if (!(last < Math.log(256))) {
      throw new IllegalStateException("the loss is still " + last);
    }
  }
}

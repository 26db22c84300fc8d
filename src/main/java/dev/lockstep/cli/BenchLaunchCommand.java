package dev.lockstep.cli;

import dev.lockstep.device.Device;
import dev.lockstep.device.Devices;
import dev.lockstep.profile.LaunchBench;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures what launching a kernel costs. */
@Command(
    name = "launch",
    description = {
      "Measures what launching a kernel costs, queued, awaited and in a graph.",
      "The kernel sets one number. Told are the time to queue it, the time until it is done,"
          + " what it",
      "leaves on the Java heap and, on a device with graphs, the time of one launch among a"
          + " thousand",
      "repeated as a graph."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {"", "Examples:", "  lockstep bench launch --json launch.json"})
final class BenchLaunchCommand implements Callable<Integer> {
  @Mixin private final Console console = new Console();
  @Mixin private final DeviceSelection device = new DeviceSelection();

  @Option(names = "--json", paramLabel = "FILE", description = "also write all results as JSON")
  private @Nullable Path json;

  @Override
  public Integer call() {
    try (OutputFile file = json == null ? null : new OutputFile("--json", json)) {
      Devices.Choice choice = device.open();
      try (Device opened = choice.device()) {
        console.print("%s", DeviceSelection.line(choice));
        LaunchBench.Result result = LaunchBench.measure(opened);
        console.print("queued   %.3f us a launch", 1e6 * result.queued());
        console.print("awaited  %.3f us from queueing one to its end", 1e6 * result.awaited());
        console.print("heap     %.1f bytes a launch", result.heapBytes());
        console.print(
            "graph    %s",
            result
                .replayed()
                .map(seconds -> "%.4f us a launch, queued as a graph".formatted(1e6 * seconds))
                .orElse("this device has none"));
        if (file != null) {
          file.writeJson(json(result, opened.info().name()));
        }
      }
    }
    return Lockstep.OK;
  }

  private static Map<String, @Nullable Object> json(LaunchBench.Result result, String deviceName) {
    Map<String, @Nullable Object> root = new LinkedHashMap<>();
    root.put("lockstep", Version.get());
    root.put("device", deviceName);
    root.put("machine", Machine.inspect());
    root.put("queuedSeconds", result.queued());
    root.put("awaitedSeconds", result.awaited());
    root.put("heapBytes", result.heapBytes());
    root.put("replayedSeconds", result.replayed().orElse(null));
    return root;
  }
}

package dev.lockstep.cli;

import dev.lockstep.device.DeviceProvider;
import dev.lockstep.device.Devices;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Says what this machine has, and why a device is or is not used. */
@Command(
    name = "doctor",
    description = "Says what this machine has, and why a device is or is not used.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footer = {
      "",
      "Examples:",
      "  lockstep doctor",
      "  lockstep doctor --json machine.json",
      "",
      "Fails (exit code 1) when no device can run here or packaged PTX is not what was compiled."
    })
final class DoctorCommand implements Callable<Integer> {
  @Mixin private final Console console = new Console();

  @Option(names = "--json", paramLabel = "FILE", description = "also write what was found as JSON")
  private @Nullable Path json;

  @Override
  public Integer call() {
    if (json == null) {
      return print(inspect());
    }
    try (OutputFile file = new OutputFile("--json", json)) {
      Report report = inspect();
      int code = print(report);
      file.writeJson(report);
      return code;
    }
  }

  private static Report inspect() {
    List<DeviceAnswer> devices =
        Devices.providers().stream()
            .map(
                provider ->
                    new DeviceAnswer(
                        provider.name(),
                        provider.availability().available(),
                        provider.availability().reason()))
            .toList();
    return new Report(
        Version.get(),
        Machine.inspect(),
        List.of(
            Tool.find("nvcc", "compiles kernels; without it the committed PTX is used"),
            Tool.find("ptxas", "assembles PTX for given GPUs"),
            Tool.find("gcc", "compiles C")),
        devices,
        Devices.providers().stream()
            .filter(provider -> provider.automatic() && provider.availability().available())
            .map(DeviceProvider::name)
            .findFirst()
            .orElse("none"),
        PackagedKernels.inspect());
  }

  private int print(Report report) {
    Table table = new Table();
    Machine machine = report.machine();
    table.row("lockstep", report.version());
    table.row("java", machine.java());
    table.row("system", machine.system());
    table.row("memory", machine.memory());
    table.row("vectors", machine.vectors());
    for (Tool tool : report.tools()) {
      table.row(tool.name(), tool.found() ? tool.answer() : "not on the path (" + tool.use() + ")");
    }
    for (DeviceAnswer device : report.devices()) {
      String answer = (device.available() ? "yes: " : "no: ") + device.reason();
      boolean auto = device.name().equals(report.auto());
      table.row("device " + device.name(), answer + (auto ? " [--device auto takes this]" : ""));
    }
    table.lines().forEach(console::print);
    console.print("");
    kernels(report.kernels()).lines().forEach(console::print);
    return report.healthy() ? Lockstep.OK : Lockstep.FAILED;
  }

  private static Table kernels(List<PackagedKernels.Image> images) {
    Table table = new Table();
    table.row("kernels", "entries", "PTX ISA", "target", "fatbin", "PTX");
    for (PackagedKernels.Image image : images) {
      table.row(
          image.name(),
          "%7d".formatted(image.entries()),
          image.isa(),
          image.target(),
          image.fatbin() ? "yes" : "no",
          image.current() ? "as compiled" : "CHANGED since it was compiled: run make -C kernels");
    }
    return table;
  }

  /**
   * What {@code --json} writes.
   *
   * @param auto the device that {@code --device auto} takes, or {@code none}
   */
  record Report(
      String version,
      Machine machine,
      List<Tool> tools,
      List<DeviceAnswer> devices,
      String auto,
      List<PackagedKernels.Image> kernels) {
    boolean healthy() {
      return !auto.equals("none") && kernels.stream().allMatch(PackagedKernels.Image::current);
    }
  }

  /** One provider's answer. */
  record DeviceAnswer(String name, boolean available, String reason) {}
}

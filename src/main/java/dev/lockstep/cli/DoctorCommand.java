package dev.lockstep.cli;

import dev.lockstep.device.DeviceProvider;
import dev.lockstep.device.Devices;
import dev.lockstep.profile.Columns;
import java.nio.file.Path;
import java.util.ArrayList;
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
      "  lockstep doctor --fetch-cublas",
      "",
      "Fails (exit code 1) when no device can run here or packaged PTX is not what was compiled."
    })
final class DoctorCommand implements Callable<Integer> {
  @Mixin private final Console console = new Console();

  @Option(names = "--json", paramLabel = "FILE", description = "also write what was found as JSON")
  private @Nullable Path json;

  @Option(
      names = "--fetch-cublas",
      description = "tell where NVIDIA's cuBLAS can be had from and under which licence")
  private boolean fetchCublas;

  @Option(
      names = CublasFetch.CONSENT,
      description = "with --fetch-cublas: accept that licence and fetch it, 2 GB, through Maven")
  private boolean consent;

  @Override
  public Integer call() {
    if (consent && !fetchCublas) {
      throw new UserError(CublasFetch.CONSENT + " goes with --fetch-cublas");
    }
    if (fetchCublas) {
      return fetch(CublasFetch.ofMachine());
    }
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

  private int fetch(CublasFetch fetch) {
    fetch.explanation().forEach(console::print);
    console.print("");
    if (fetch.done()) {
      console.print("It is there already; delete that folder to fetch it again.");
    } else if (consent) {
      fetch.run(console::print);
    } else {
      console.print("Nothing was fetched. Add " + CublasFetch.CONSENT + " to accept and fetch it.");
    }
    return Lockstep.OK;
  }

  private static Report inspect() {
    List<DeviceAnswer> devices =
        Devices.providers().stream()
            .map(
                provider ->
                    new DeviceAnswer(
                        provider.name(),
                        provider.availability().available(),
                        provider.availability().reason(),
                        provider.parts()))
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
        whyAuto(),
        PackagedKernels.inspect());
  }

  private int print(Report report) {
    Columns table = new Columns();
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
      table.row("device " + device.name(), answer);
      for (DeviceProvider.Part part : device.parts()) {
        table.row("  " + part.name(), (part.usable() ? "" : "no: ") + part.answer());
      }
    }
    table.row("--device auto", report.auto() + ": " + report.why());
    table.lines().forEach(console::print);
    console.print("");
    kernels(report.kernels()).lines().forEach(console::print);
    return report.healthy() ? Lockstep.OK : Lockstep.FAILED;
  }

  /** Why {@code auto} takes what it takes: what it passed over, and what it found. */
  private static String whyAuto() {
    List<String> reasons = new ArrayList<>();
    for (DeviceProvider provider : Devices.providers()) {
      boolean available = provider.availability().available();
      if (available && provider.automatic()) {
        reasons.add(
            reasons.isEmpty() ? "the most preferred, and it works" : "the next one that works");
        break;
      }
      reasons.add(
          "no %s, %s"
              .formatted(
                  provider.name(),
                  available ? "which wants to be asked for by name" : "which cannot run here"));
    }
    return String.join("; ", reasons);
  }

  private static Columns kernels(List<PackagedKernels.Image> images) {
    Columns table = new Columns();
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
   * @param why in one line
   */
  record Report(
      String version,
      Machine machine,
      List<Tool> tools,
      List<DeviceAnswer> devices,
      String auto,
      String why,
      List<PackagedKernels.Image> kernels) {
    boolean healthy() {
      return !auto.equals("none") && kernels.stream().allMatch(PackagedKernels.Image::current);
    }
  }

  /** One provider's answer. */
  record DeviceAnswer(
      String name, boolean available, String reason, List<DeviceProvider.Part> parts) {}
}

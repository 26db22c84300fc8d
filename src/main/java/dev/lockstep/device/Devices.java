package dev.lockstep.device;

import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** Finds and opens devices by name. */
public final class Devices {
  /** Takes a GPU if one works, the simulator otherwise. */
  public static final String AUTO = "auto";

  private Devices() {}

  /** All providers, most preferred first. */
  public static List<DeviceProvider> providers() {
    return ServiceLoader.load(DeviceProvider.class).stream()
        .map(ServiceLoader.Provider::get)
        .sorted(Comparator.comparingInt(DeviceProvider::preference).reversed())
        .toList();
  }

  /**
   * Opens {@code auto} or a provider by name. {@code auto} passes over a device that does not have
   * an option asked for.
   *
   * @throws IllegalArgumentException for a name nobody answers to; the message lists the names; or
   *     for an option no device here has
   * @throws DeviceException when the named provider cannot run here, with its reason
   */
  public static Choice open(String name, DeviceOptions options) {
    List<DeviceProvider> providers = providers();
    if (name.equals(AUTO)) {
      return openPreferred(providers, options);
    }
    for (DeviceProvider provider : providers) {
      if (provider.name().equals(name)) {
        DeviceProvider.Availability answer = provider.availability();
        if (!answer.available()) {
          throw new DeviceException(
              "open", "device " + name + " cannot run here: " + answer.reason());
        }
        return new Choice(provider.open(options), "asked for by name; " + answer.reason());
      }
    }
    String names =
        providers.stream()
            .map(DeviceProvider::name)
            .collect(Collectors.joining(", ", AUTO + ", ", ""));
    throw new IllegalArgumentException("unknown device \"" + name + "\"; known: " + names);
  }

  private static Choice openPreferred(List<DeviceProvider> providers, DeviceOptions options) {
    StringBuilder passedOver = new StringBuilder();
    IllegalArgumentException refused = null;
    for (DeviceProvider provider : providers) {
      DeviceProvider.Availability answer = provider.availability();
      String reason = answer.reason();
      if (answer.available() && provider.automatic()) {
        try {
          return new Choice(provider.open(options), passedOver + reason);
        } catch (IllegalArgumentException e) {
          refused = e;
          reason = String.valueOf(e.getMessage());
        }
      }
      passedOver.append("no ").append(provider.name()).append(": ").append(reason).append("; ");
    }
    if (refused != null) {
      throw refused;
    }
    throw new DeviceException("open", "no device can run here: " + passedOver);
  }

  /**
   * An opened device and why it was taken.
   *
   * @param reason one line, with why more preferred devices were passed over
   */
  public record Choice(Device device, String reason) {}
}

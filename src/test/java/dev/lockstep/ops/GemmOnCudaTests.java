package dev.lockstep.ops;

import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;
import dev.lockstep.device.MatrixMode;
import org.junit.jupiter.api.Tag;

@OnStandIn
@Tag("long")
class GemmOnCudaTests extends GemmTests {
  @Override
  Device open(MatrixMode mode) {
    return StandInDriver.open();
  }
}

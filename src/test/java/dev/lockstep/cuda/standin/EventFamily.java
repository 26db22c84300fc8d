package dev.lockstep.cuda.standin;

import java.lang.foreign.MemorySegment;
import jcuda.driver.CUresult;

/** Events: the host's clock when a stream came by. */
final class EventFamily {
  private final DriverState state;

  EventFamily(DriverState state) {
    this.state = state;
  }

  @Export("cuEventCreate")
  int create(MemorySegment event, int flags) {
    StandInContext context = state.current();
    Host.set(event, state.events.add(new StandInEvent(context, flags)));
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuEventDestroy_v2")
  int destroy(long event) {
    state.current();
    state.events.remove(event);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuEventRecord")
  int record(long event, long stream) {
    StandInStream on = state.stream(stream);
    StandInEvent recorded = state.events.get(event);
    if (recorded.context != on.context) {
      return CUresult.CUDA_ERROR_INVALID_HANDLE;
    }
    on.submit(new GraphNode(GraphNode.Kind.EVENT_RECORD, gpu -> recorded.record()));
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuEventRecordWithFlags")
  int record(long event, long stream, int flags) {
    return record(event, stream);
  }

  @Export({"cuEventSynchronize", "cuEventQuery"})
  int synchronize(long event) {
    state.current();
    state.events.get(event);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuEventElapsedTime")
  int elapsed(MemorySegment milliseconds, long start, long end) {
    state.current();
    Host.set(milliseconds, state.events.get(end).millisecondsSince(state.events.get(start)));
    return CUresult.CUDA_SUCCESS;
  }
}

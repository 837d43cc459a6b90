import { QueueSteering, TunDevice } from "tun-tap-linux";
import { openFailure, TUN_HINTS } from "./open-failure.ts";

/** Which packets come to which of several data planes, each of which has a queue of the TUN device, by destination. */
export type TunSteering = QueueSteering;

/** How a TUN device is opened. */
export type TunRequest = {
  readonly name: string;
  readonly offload: boolean;
  /** Makes the device one of several queues; undefined for a device with one. */
  readonly steering?: TunSteering | undefined;
};

const STEERING_HINTS = {
  EPERM: "allow it with CAP_BPF and the system call bpf, as deploy/hawser@.service does",
  EINVAL: "this needs Linux 4.18",
  ENOSYS: "this kernel has no bpf(2)",
};

/** A table for so many networks. Throws SystemError where the kernel does not let a program steer packets. */
export function createSteering(networks: number): TunSteering {
  try {
    return QueueSteering.create(networks);
  } catch (error) {
    throw openFailure(error, "load a program that steers packets", STEERING_HINTS);
  }
}

/** The table behind the descriptor of another thread. */
export function shareSteering(descriptor: number): TunSteering {
  return QueueSteering.share(descriptor);
}

/** Opens a queue of a TUN device; throws SystemError. */
export function openTunQueue({ name, offload, steering }: TunRequest): TunDevice {
  try {
    const device = TunDevice.open({ name, kind: "tun", offload, multiQueue: steering !== undefined });
    if (steering !== undefined) device.steer(steering);
    return device;
  } catch (error) {
    throw openFailure(error, `open the interface ${name}`, TUN_HINTS);
  }
}

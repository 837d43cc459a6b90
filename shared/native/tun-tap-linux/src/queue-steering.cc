#include "queue-steering.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "steering-program.h"

namespace {

constexpr uint32_t MAPPED_BITS = 96;
constexpr uint32_t KEY_SIZE = sizeof(SteeredNetwork);
constexpr uint32_t VALUE_SIZE = sizeof(uint32_t);
static_assert(KEY_SIZE == 20, "struct bpf_lpm_trie_key with 16 bytes of address");

int callBpf(int command, bpf_attr& attributes) {
  return static_cast<int>(syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

uint64_t addressOf(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

bool isSteeringTable(int descriptor) {
  bpf_map_info information = {};
  bpf_attr attributes = {};
  attributes.info.bpf_fd = static_cast<uint32_t>(descriptor);
  attributes.info.info_len = sizeof information;
  attributes.info.info = addressOf(&information);
  return callBpf(BPF_OBJ_GET_INFO_BY_FD, attributes) == 0 && information.type == BPF_MAP_TYPE_LPM_TRIE &&
         information.key_size == KEY_SIZE && information.value_size == VALUE_SIZE;
}

}  // namespace

SteeredNetwork SteeredNetwork::of4(const uint8_t* address, uint32_t prefixLength) {
  SteeredNetwork network;
  network.prefixLength = MAPPED_BITS + prefixLength;
  network.address[10] = 0xff;
  network.address[11] = 0xff;
  memcpy(network.address.data() + 12, address, 4);
  return network;
}

SteeredNetwork SteeredNetwork::of6(const uint8_t* address, uint32_t prefixLength) {
  SteeredNetwork network;
  network.prefixLength = prefixLength;
  memcpy(network.address.data(), address, network.address.size());
  return network;
}

std::unique_ptr<QueueSteering> QueueSteering::create(uint32_t capacity, SystemFailure& failure) {
  bpf_attr attributes = {};
  attributes.map_type = BPF_MAP_TYPE_LPM_TRIE;
  attributes.key_size = KEY_SIZE;
  attributes.value_size = VALUE_SIZE;
  attributes.max_entries = capacity;
  attributes.map_flags = BPF_F_NO_PREALLOC;
  FileDescriptor table(callBpf(BPF_MAP_CREATE, attributes));
  if (!table.isOpen()) {
    failure = {errno, "BPF_MAP_CREATE"};
    return nullptr;
  }
  return load(std::move(table), failure);
}

std::unique_ptr<QueueSteering> QueueSteering::share(int descriptor, SystemFailure& failure) {
  if (!isSteeringTable(descriptor)) {
    failure = {EBADF, "BPF_OBJ_GET_INFO_BY_FD"};
    return nullptr;
  }
  FileDescriptor table(fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  if (!table.isOpen()) {
    failure = {errno, "F_DUPFD_CLOEXEC"};
    return nullptr;
  }
  return load(std::move(table), failure);
}

std::unique_ptr<QueueSteering> QueueSteering::load(FileDescriptor table, SystemFailure& failure) {
  const auto instructions = steeringProgram(table.value());
  bpf_attr attributes = {};
  attributes.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
  attributes.insn_cnt = instructions.size();
  attributes.insns = addressOf(instructions.data());
  attributes.license = addressOf("MIT");
  FileDescriptor program(callBpf(BPF_PROG_LOAD, attributes));
  if (!program.isOpen()) {
    failure = {errno, "BPF_PROG_LOAD"};
    return nullptr;
  }
  return std::unique_ptr<QueueSteering>(new (std::nothrow) QueueSteering(std::move(table), std::move(program)));
}

SystemFailure QueueSteering::set(const SteeredNetwork& network, uint32_t queue) {
  bpf_attr attributes = {};
  attributes.map_fd = static_cast<uint32_t>(table_.value());
  attributes.key = addressOf(&network);
  attributes.value = addressOf(&queue);
  attributes.flags = BPF_ANY;
  if (callBpf(BPF_MAP_UPDATE_ELEM, attributes) != 0) return {errno, "BPF_MAP_UPDATE_ELEM"};
  return {};
}

SystemFailure QueueSteering::remove(const SteeredNetwork& network) {
  bpf_attr attributes = {};
  attributes.map_fd = static_cast<uint32_t>(table_.value());
  attributes.key = addressOf(&network);
  if (callBpf(BPF_MAP_DELETE_ELEM, attributes) != 0) return {errno, "BPF_MAP_DELETE_ELEM"};
  return {};
}

SystemFailure QueueSteering::attach(int device) const {
  const int program = program_.value();
  if (ioctl(device, TUNSETSTEERINGEBPF, &program) != 0) return {errno, "TUNSETSTEERINGEBPF"};
  return {};
}

void QueueSteering::close() {
  table_.close();
  program_.close();
}

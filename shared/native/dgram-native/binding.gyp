{
  "variables": { "sanitize%": 0 },
  "targets": [
    {
      "target_name": "dgram_native",
      "sources": [
        "src/addon.cc",
        "src/address-record.cc",
        "src/aead-binding.cc",
        "src/cipher-context.cc",
        "src/destination-table.cc",
        "src/javascript-call.cc",
        "src/key-table.cc",
        "src/poller-binding.cc",
        "src/poller.cc",
        "src/receiver.cc",
        "src/send-queue.cc",
        "src/sender.cc",
        "src/system-binding.cc",
        "src/transmit-rows.cc",
        "src/udp-socket-binding.cc",
        "src/udp-socket.cc",
        "src/wake-registry.cc"
      ],
      "defines": ["NAPI_VERSION=8"],
      "cflags_cc!": ["-std=gnu++17"],
      "cflags_cc": ["-std=gnu++20", "-Wall", "-Wextra", "-Werror", "-fno-exceptions", "-fno-rtti", "-fvisibility=hidden"],
      "conditions": [
        [
          "sanitize==1",
          {
            "cflags_cc": ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g"],
            "ldflags": ["-fsanitize=address,undefined"]
          }
        ]
      ]
    }
  ]
}

{
  "variables": { "sanitize%": 0 },
  "targets": [
    {
      "target_name": "tun_tap_linux",
      "sources": [
        "src/addon.cc",
        "src/alike-packets.cc",
        "src/call-arguments.cc",
        "src/device-functions.cc",
        "src/internet-checksum.cc",
        "src/javascript-values.cc",
        "src/memory-sink.cc",
        "src/network-interface.cc",
        "src/packet-functions.cc",
        "src/packet-layout.cc",
        "src/queue-steering.cc",
        "src/run-table.cc",
        "src/segment-joiner.cc",
        "src/segment-run.cc",
        "src/steering-functions.cc",
        "src/steering-program.cc",
        "src/super-packet-cutter.cc",
        "src/tun-device.cc",
        "src/tun-opener.cc"
      ],
      "defines": ["NAPI_VERSION=8"],
      "cflags": ["-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"],
      "cflags!": ["-Wno-unused-parameter"],
      "cflags_cc": ["-std=c++20", "-fno-exceptions"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fexceptions"],
      "conditions": [
        [
          "sanitize==1",
          {
            "cflags": ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g"],
            "ldflags": ["-fsanitize=address,undefined"]
          }
        ]
      ]
    }
  ]
}

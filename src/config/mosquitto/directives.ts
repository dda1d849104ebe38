/** Every directive of mosquitto.conf(5), of 1.x, 2.0 and 2.1, by what it belongs to. */

/** `security` belongs to all listeners, or with `per_listener_settings true` to the one it stands under. */
export type Section = "global" | "listener" | "security" | "bridge";

const words = (text: string): string[] => text.trim().split(/\s+/);

const sections: Readonly<Record<Section, readonly string[]>> = {
  global: words(`
    allow_duplicate_messages autosave_interval autosave_on_changes check_retain_source clientid_prefixes connection_messages
    enable_control_api global_max_clients global_max_connections global_plugin include_dir log_dest log_facility log_timestamp
    log_timestamp_format log_type max_inflight_bytes max_inflight_messages max_keepalive max_packet_size max_queued_bytes
    max_queued_messages memory_limit message_size_limit packet_buffer_size per_listener_settings persistence persistence_file
    persistence_location persistent_client_expiration pid_file plugin_load queue_qos0_messages retain_available
    retain_expiry_interval retained_persistence retry_interval set_tcp_nodelay store_clean_interval sys_interval
    upgrade_outgoing_qos user websockets_headers_size websockets_log_level
    trace_level trace_output ffdc_output max_log_entries
  `),
  listener: words(`
    accept_protocol_versions bind_address bind_interface cafile capath certfile ciphers ciphers_tls1.3 crlfile dhparamfile
    disable_client_cert_date_checks enable_proxy_protocol http_dir keyfile listener listener_allow_anonymous
    listener_auto_id_prefix max_connections max_qos max_topic_alias max_topic_alias_broker maximum_qos mount_point mptcp
    plugin_use port protocol proxy_protocol_v2_require_tls psk_hint require_certificate socket_domain tls_engine
    tls_engine_kpass_sha1 tls_keyform tls_version use_identity_as_username use_subject_as_username use_username_as_clientid
    websockets_origin
  `),
  security: words(`
    acl_file allow_anonymous allow_zero_length_clientid auth_plugin auth_plugin_deny_special_chars auto_id_prefix
    password_file plugin psk_file
  `),
  bridge: words(`
    address addresses bridge_alpn bridge_attempt_unsubscribe bridge_bind_address bridge_cafile bridge_capath bridge_certfile
    bridge_ciphers bridge_ciphers_tls1.3 bridge_clean_start bridge_identity bridge_insecure bridge_keyfile
    bridge_max_packet_size bridge_max_topic_alias bridge_mptcp bridge_outgoing_retain bridge_protocol_version bridge_psk
    bridge_receive_maximum bridge_reload_type bridge_require_ocsp bridge_session_expiry_interval bridge_tcp_keepalive
    bridge_tcp_user_timeout bridge_tls_use_os_certs bridge_tls_version cleansession clientid connection idle_timeout
    keepalive_interval local_cleansession local_clientid local_password local_username notification_topic notifications
    notifications_local_only password remote_clientid remote_password remote_username restart_timeout round_robin
    start_type threshold topic try_private username
  `),
};

const bySection: ReadonlyMap<string, Section> = new Map(
  (Object.keys(sections) as Section[]).flatMap((section) =>
    sections[section].map((word) => [word, section] as const)
  ),
);

export const directives: readonly string[] = [...bySection.keys()];

/** What a plug-in is told, under names of its own. */
export function isPluginOption(word: string): boolean {
  return /^(?:plugin|auth)_opt_/.test(word);
}

/** Undefined: mosquitto has no such directive. */
export function sectionOf(word: string): Section | undefined {
  return isPluginOption(word) ? "security" : bySection.get(word);
}

/** What stands after it is shown to nobody. */
export function isSecret(word: string): boolean {
  return isPluginOption(word) ||
    ["password", "remote_password", "local_password", "bridge_psk", "tls_engine_kpass_sha1"].includes(word);
}

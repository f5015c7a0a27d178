#!/bin/sh
# man.sh PROGRAM [LANG]: the man page quntu(1), from what the program says of itself.
set -eu
program=$(realpath "$1")
export LC_ALL="${2:-C}"
unset QUNTU_DATA QUNTU_STORE
case $LC_ALL in
zh*) name=名称 use=用法 about=说明 commands=命令 settings=设置 files=文件 also=另见
	what='社群运营系统'
	text='一个程序就是一台服务器：网页、接口和数据库都在里面。在空目录上启动就能用，第一个打开网页的人创建主人账号。'
	how='依次取自：参数 --名字 值、环境变量 QUNTU_名字、数据目录里的 quntu.conf、默认值。'
	conf='软件包安装时的设置；/var/lib/quntu/quntu.conf 指向它。' data='软件包安装时的数据目录。' unit='服务。日志：journalctl -u quntu' ;;
*) name=NAME use=SYNOPSIS about=DESCRIPTION commands=COMMANDS settings=SETTINGS files=FILES also='SEE ALSO'
	what='community operations server'
	text='One program is the whole server: pages, interface and database. It starts on an empty folder; whoever opens its page first becomes the owner.'
	how='Taken from the first of: flag --name value, environment QUNTU_NAME, quntu.conf in the data folder, default.'
	conf='Settings, when installed from the package; /var/lib/quntu/quntu.conf leads here.' data='The data folder of the package.' unit='The service. Its log: journalctl -u quntu' ;;
esac
plain() { sed -e 's/\\/\\\\/g' -e 's/-/\\-/g' -e "s/^[.']/\\\\\&&/"; }
version=$("$program" version | sed -n '1s/^quntu \([^ ]*\).*/\1/p')
printf '.TH QUNTU 1 "" "quntu %s" "Quntu"\n.SH %s\nquntu \\- %s\n' "$version" "$name" "$what"
printf '.SH %s\n.B quntu\n.I COMMAND\n.RI [ options ]\n.SH %s\n' "$use" "$about"
printf '%s\n' "$text" | plain
printf '.SH %s\n' "$commands"
for command in $("$program" --help | sed -n 's/^  \([a-z]*\)  *.*/\1/p'); do
	printf '.SS quntu %s\n.nf\n' "$command"
	"$program" "$command" --help | sed 1,2d | plain
	printf '.fi\n'
done
printf '.SH %s\n%s\n' "$settings" "$(printf '%s\n' "$how" | plain)"
# "name = value  # source: help"
(cd / && "$program" settings --data /nonexistent) | sed -n 's/^\([a-z_]*\) *= \(.*\)  # [^:]*: \(.*\)$/\1\t\2\t\3/p' |
	while IFS='	' read -r setting value help; do
		[ "$setting" != data ] || value=data
		printf '.TP\n.B %s\n%s%s\n' "$setting" "$(printf '%s' "$help" | plain)" \
			"$(value=$(printf %s "$value" | sed 's/ *$//'); [ -z "$value" ] || printf ' (%s)' "$value" | plain)"
	done
printf '.SH %s\n.TP\n.I /etc/quntu/quntu.conf\n%s\n.TP\n.I /var/lib/quntu\n%s\n.TP\n.I quntu.service\n%s\n' "$files" \
	"$(printf '%s' "$conf" | plain)" "$(printf '%s' "$data" | plain)" "$(printf '%s' "$unit" | plain)"
printf '.SH %s\n.BR systemctl (1),\n.BR journalctl (1),\n.BR nginx (8)\n' "$also"
